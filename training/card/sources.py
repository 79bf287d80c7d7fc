"""The works that the card cites, each with the address where it can be read."""

from models.measurement import Source


def _doi(title: str, doi: str) -> Source:
    return Source(title=title, url=f"https://doi.org/{doi}")


def _arxiv(title: str, number: str) -> Source:
    return Source(title=title, url=f"https://arxiv.org/abs/{number}")


# The seminar's own reading. What the card says of these three is what the seminar takes from them.
WALL = Source(
    title="Wall, M. (2019). Biased and wrong? Facial recognition tech in the dock. BBC News, 8 July",
    url="https://www.bbc.co.uk/news/business-48842750",
)
PREEZ = Source(
    title="Preez, D. (2024). Further concerns raised about use of facial recognition technology in UK - 'effectively "
    "privatized policing'. diginomica",
    url="https://diginomica.com/further-concerns-raised-about-use-facial-recognition-technology-uk-effectively-"
    "privatized-policing",
)
GARGARO = Source(
    title="Gargaro, D. (2024). The Pros and Cons of Facial Recognition Technology. ITPro",
    url="https://www.itpro.com/security/privacy/356882/the-pros-and-cons-of-facial-recognition-technology",
)
NOTEBOOK = Source(title="The seminar's notebook: Convolutional Neural Networks (CNN) - Object Recognition")

AI_ACT = Source(title="Regulation (EU) 2024/1689 (AI Act)", url="https://eur-lex.europa.eu/eli/reg/2024/1689/oj")
BARZ = _doi(
    "Barz, B. & Denzler, J. (2020). Do We Train on Test Data? Purging CIFAR of Near-Duplicates. J. Imaging 6(6)",
    "10.3390/jimaging6060041",
)
BIRHANE = _arxiv(
    "Birhane, A. & Prabhu, V. U. (2020). Large Image Datasets: A Pyrrhic Win for Computer Vision?", "2006.16923"
)
CARLINI = _arxiv("Carlini, N. et al. (2022). Membership Inference Attacks From First Principles", "2112.03570")
CIFAR = Source(
    title="Krizhevsky, A. (2009). Learning Multiple Layers of Features from Tiny Images",
    url="https://www.cs.toronto.edu/~kriz/learning-features-2009-TR.pdf",
)
CIFAR10H = _arxiv(
    "Peterson, J. C. et al. (2019). Human uncertainty makes classification more robust (CIFAR-10H)", "1908.07086"
)
DATASHEETS = _arxiv("Gebru, T. et al. (2021). Datasheets for Datasets", "1803.09010")
GENDER_SHADES = Source(
    title="Buolamwini, J. & Gebru, T. (2018). Gender Shades",
    url="https://proceedings.mlr.press/v81/buolamwini18a.html",
)
GOODFELLOW = _arxiv(
    "Goodfellow, I. J., Shlens, J. & Szegedy, C. (2015). Explaining and Harnessing Adversarial Examples", "1412.6572"
)
GUO = _arxiv("Guo, C. et al. (2017). On Calibration of Modern Neural Networks", "1706.04599")
HENDRYCKS = _arxiv(
    "Hendrycks, D. & Dietterich, T. (2019). Benchmarking Neural Network Robustness to Common Corruptions and "
    "Perturbations",
    "1903.12261",
)
JONES = _arxiv("Jones, E. et al. (2021). Selective Classification Can Magnify Disparities Across Groups", "2010.14134")
KARPATHY = Source(
    title="Karpathy, A. (2011). Lessons learned from manually classifying CIFAR-10",
    url="http://karpathy.github.io/2011/04/27/manually-classifying-cifar10/",
)
LIU = _arxiv("Liu, W. et al. (2020). Energy-based Out-of-distribution Detection", "2010.03759")
MITCHELL = _arxiv("Mitchell, M. et al. (2019). Model Cards for Model Reporting", "1810.03993")
NIST = _doi(
    "Grother, P., Ngan, M. & Hanaoka, K. (2019). Face Recognition Vendor Test Part 3: Demographic Effects. NISTIR 8280",
    "10.6028/NIST.IR.8280",
)
NORTHCUTT = _arxiv(
    "Northcutt, C. G., Athalye, A. & Mueller, J. (2021). Pervasive Label Errors in Test Sets Destabilize Machine "
    "Learning Benchmarks",
    "2103.14749",
)
RECHT_2018 = _arxiv("Recht, B. et al. (2018). Do CIFAR-10 Classifiers Generalize to CIFAR-10?", "1806.00451")
RECHT_2019 = _arxiv("Recht, B. et al. (2019). Do ImageNet Classifiers Generalize to ImageNet?", "1902.10811")
YEOM = _arxiv(
    "Yeom, S. et al. (2018). Privacy Risk in Machine Learning: Analyzing the Connection to Overfitting", "1709.01604"
)

METHODS = [MITCHELL, DATASHEETS, GUO, LIU, HENDRYCKS, JONES, GOODFELLOW, YEOM, CARLINI]

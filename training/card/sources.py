"""The works that the card cites."""

NORTHCUTT = (
    "Northcutt, Athalye & Mueller (2021), Pervasive Label Errors in Test Sets Destabilize Machine Learning Benchmarks"
)
BARZ = "Barz & Denzler (2020), Do We Train on Test Data? Purging CIFAR of Near-Duplicates"
RECHT = "Recht, Roelofs, Schmidt & Shankar (2018), Do CIFAR-10 Classifiers Generalize to CIFAR-10?"
BIRHANE = "Birhane & Prabhu (2020), Large Image Datasets: A Pyrrhic Win for Computer Vision?"
GENDER_SHADES = "Buolamwini & Gebru (2018), Gender Shades"
NIST = "Grother, Ngan & Hanaoka (2019), NISTIR 8280"
BBC = "Wall (2019), Biased and wrong? Facial recognition tech in the dock, BBC News, 8 July"
AI_ACT = "Regulation (EU) 2024/1689 (AI Act), Article 5(1)(e) and (h)"

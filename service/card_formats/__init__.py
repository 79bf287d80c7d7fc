"""The model card in the forms that are served: a page, Markdown and model-card-toolkit's JSON, all made from the card.

`sections` and its neighbours say what is shown, once, as blocks; `html` and `markdown` say how. It knows no HTTP.
"""

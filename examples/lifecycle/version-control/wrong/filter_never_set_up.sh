git add notebook.ipynb

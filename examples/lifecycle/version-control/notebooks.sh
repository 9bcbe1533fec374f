# Once in each clone: git does not take filters from a repository.
git config filter.no-outputs.clean 'python tools/strip_outputs.py'
git config filter.no-outputs.required true
git add notebook.ipynb

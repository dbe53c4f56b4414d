"""This machine as it is: the files in force, the file that is edited, the store, who can be asked."""

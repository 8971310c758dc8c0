"""The chapters, one file each: what is told, seen from where, under which caption, and its calculation.

A chapter is a function that writes itself into a screenplay; its shorter tellings stand beside it. Whatever
a shot shows that has not been computed yet is computed on the way there, so chapters can be left out.
"""

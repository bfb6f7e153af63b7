"""Objects of other programs: each module makes a Glass of one (`taken`) and one of a Glass (`made`).

Objects are read by their attributes, so that a program is imported only where its object is made."""

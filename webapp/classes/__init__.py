"""The style sheet of spine classes: colours and lines, from the vocabulary."""

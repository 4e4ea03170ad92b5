"""The product without a face: keeps the cards and the log, runs engines, resumes what a crash cut off."""

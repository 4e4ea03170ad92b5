"""Tools an agent may call when its playbook grants them. They read; none writes.

A tool is one file on this shelf. It holds:

    SENTENCE = "Looks a row up in a table by its key."
    def call(...) -> a frozen value       the agent that uses it knows its parameters

Values that stem from a document or a model may select a row; they never widen what a tool may
touch: which file it opens stands in the playbook.
"""

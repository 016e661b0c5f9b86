"""A platform team's rule that each Salesforce task is guarded: who is, who is waived, what is said of the others, and what is put
before them.

The cluster policy and ``sf-health lint`` are both made of this. Nothing here looks a connection up, and nothing calls anybody: it
runs whenever a DAG file is read.
"""

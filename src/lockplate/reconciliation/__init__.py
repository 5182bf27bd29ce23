"""Reconciliation: two logs' records of the questions that one side asked at the other, compared.

What flows in: records of two verified logs, each with its place, and the roots that one side saw of the other.
What flows out: discrepancies: what one side lacks, or says otherwise.
What it must never see: keys, private details, I/O. Plates and case numbers are compared by their commitments alone.

A question from elsewhere leaves on the asking side an intent and an outcome for each try, on the answering side an
intent with its outcome, a denial or a wait. The outcome on the asking side names the place of the other's record and
the signed root under which it was proved, so that another history is seen even where every field agrees.
"""

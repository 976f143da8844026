"""The log that nobody can alter unnoticed: every access and every change of consent is a leaf of one Merkle tree.

    access_event, consent_event ──sequencer──► audit_leaf, audit_node ──signer──► audit_checkpoint
        (written where they happen)     (gapless, in order)            (size and root, signed, public)

* `tree.py`      pure: RFC 9162 hashes, roots, proofs and their verification
* `keys.py`      verifier keys of logs and witnesses, and what witnesses sign with (C2SP signed-note, tlog-cosignature)
* `note.py`      checkpoints as C2SP signed notes; `log_signer.py` signs them
* `leaf.py`      what of an event goes into its leaf: a salted commitment, never the event itself
* `models.py`    the tables
* `events.py`    reads the events; `hashing.py` hashes them by the thousand
* `stored_tree.py` what of the tree is stored, and the nodes that are not
* `standing.py`  how far events and log are
* `log.py`       the sequencer, checkpoints and proofs
* `witness.py`   cosigns checkpoints that are consistent with all it has seen
* `cosignatures.py` takes what witnesses have signed, and shows it beside the checkpoints
* `verify.py`    finds what was edited, deleted, reordered, truncated or forked; `fold.py` whether grants are what
                 their events say

Whoever holds an earlier checkpoint can demand a consistency proof from it to the current one.
"""

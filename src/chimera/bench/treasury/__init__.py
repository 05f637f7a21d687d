"""The treasury's benchmark: signed approvals beside a bare COPY of the same rows, in one run."""

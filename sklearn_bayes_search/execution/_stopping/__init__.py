"""When a search has gone on for long enough: each rule is a file beside its base."""

"""Models that others have published, written anew from their equations. Each module's docstring says what is theirs,
what an artefact of their code was, and what is ours."""

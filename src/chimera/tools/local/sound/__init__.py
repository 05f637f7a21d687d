"""The music bed and the mix: from a narration to a finished soundtrack; may import contracts and core."""

"""The words of the glossary as frozen values: no input or output, no third-party import."""

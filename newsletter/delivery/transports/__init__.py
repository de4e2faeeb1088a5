"""Ways out of the house, one file each; all keep the contract of `contract.Transport`."""

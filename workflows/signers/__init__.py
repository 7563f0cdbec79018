"""The ways to have something signed. Each adapter keeps the contract of `ports.Signer`."""

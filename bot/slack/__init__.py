"""The workspace: cards and modals are pure, the chat adapter speaks, the listeners listen."""

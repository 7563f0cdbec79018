"""The verbs: what may happen to a shipment, who may make it happen, and what follows."""

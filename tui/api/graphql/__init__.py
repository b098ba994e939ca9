"""RunPod over GraphQL: the schema, the documents, the client and the mapping to domain types."""

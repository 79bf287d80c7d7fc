"""What the endpoints read and write: queries, bodies, media types, cached responses, problem documents."""

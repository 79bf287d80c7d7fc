"""How the service is deployed and watched: what stands in deploy/, and what its pages say."""

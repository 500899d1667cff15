create schema data_connectors;

create schema pipelines;

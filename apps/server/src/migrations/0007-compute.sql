create schema compute;

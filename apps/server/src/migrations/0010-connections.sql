create schema connections;

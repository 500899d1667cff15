create schema authentication;

create schema secrets;

create schema platform;

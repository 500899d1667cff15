create schema connected_services;

-- Who lets workers in, and who refuses them from when on.
select audit.watch('engine.worker_token', 'worker_token', 'id', 'sha256');

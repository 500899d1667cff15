create schema connections;

select audit.watch('engine.pool', 'pool', 'name');
select audit.watch('engine.variable', 'variable', 'name');
select audit.watch('engine.project_variable', 'project variable', 'project_id,name');

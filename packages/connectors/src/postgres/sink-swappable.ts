import type { TargetTable } from './sink-catalog.ts'
import type { Session } from './sink-sessions.ts'

/**
 * Whether another table can take this one's place without anybody noticing: it is a plain table that
 * we own or may give away, and everything that refers to it is a part that we make anew. Views, foreign keys, triggers,
 * rules, policies, partitions, publications, column grants and whatever else hangs on the table
 * itself would be lost, so then its rows are exchanged in place.
 */
export async function canSwap(session: Session, table: TargetTable): Promise<boolean> {
  const [row] = await session.select(swappable, [table.oid])
  return row?.swappable === 'y'
}

const swappable = `
  SELECT CASE WHEN
      c.relkind = 'r' AND NOT c.relispartition AND c.reloftype = 0 AND c.relpersistence = 'p'
      AND c.reltablespace = 0 AND c.relreplident = 'd'
      AND NOT c.relrowsecurity AND NOT c.relforcerowsecurity
      AND EXISTS (SELECT FROM pg_roles r WHERE r.rolname = current_user AND (r.oid = c.relowner OR r.rolsuper))
      AND has_schema_privilege(c.relnamespace, 'CREATE')
      AND NOT EXISTS (SELECT FROM pg_inherits WHERE c.oid IN (inhrelid, inhparent))
      AND NOT EXISTS (
        SELECT FROM pg_attribute a
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
           AND (a.attacl IS NOT NULL OR array_to_string(a.attoptions, ',') LIKE '%n\\_distinct%' OR coalesce(a.attstattarget, -1) <> -1))
      AND NOT EXISTS (
        SELECT FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
         WHERE i.indrelid = c.oid AND (i.indisclustered OR NOT i.indisvalid OR x.reltablespace <> 0
              OR (x.reloptions IS NOT NULL AND EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.oid))))
      AND NOT EXISTS (
        SELECT FROM pg_publication_tables p JOIN pg_namespace n ON n.nspname = p.schemaname
         WHERE n.oid = c.relnamespace AND p.tablename = c.relname)
      AND NOT EXISTS (SELECT FROM pg_seclabel l WHERE l.classoid = 'pg_class'::regclass AND l.objoid = c.oid)
      AND NOT EXISTS (
        SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
      AND NOT EXISTS (
        SELECT FROM pg_depend d
         WHERE ((d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid)
             OR (d.refclassid = 'pg_type'::regclass
                 AND d.refobjid IN (SELECT t.oid FROM pg_type t WHERE t.oid = c.reltype OR t.typelem = c.reltype)))
           AND NOT (d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
                    AND EXISTS (SELECT FROM pg_class p WHERE p.oid = d.objid AND p.relkind IN ('i', 'S', 't')))
           AND NOT (d.classid = 'pg_class'::regclass AND d.objid = c.oid)
           AND NOT (d.classid = 'pg_type'::regclass
                    AND EXISTS (SELECT FROM pg_type t WHERE t.oid = d.objid AND (t.oid = c.reltype OR t.typelem = c.reltype)))
           AND NOT (d.classid = 'pg_attrdef'::regclass
                    AND EXISTS (SELECT FROM pg_attrdef a WHERE a.oid = d.objid AND a.adrelid = c.oid))
           AND NOT (d.classid = 'pg_constraint'::regclass
                    AND EXISTS (SELECT FROM pg_constraint k WHERE k.oid = d.objid AND k.conrelid = c.oid AND k.contype IN ('p', 'u', 'c', 'x', 'n'))))
    THEN 'y' END AS swappable
    FROM pg_class c WHERE c.oid = $1::oid`

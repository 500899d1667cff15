import type { ObjectType } from './authz.ts'

export interface TypeSchema {
  /** By name: the types of subjects, with ` | ` between them. */
  readonly relations: Readonly<Record<string, string>>
  /** By name: an expression of relations and permissions. */
  readonly permissions: Readonly<Record<string, string>>
}

const everyone = 'user:* | anonymous_user:*'

/**
 * Who may do what: the types of objects, what relates them, and what follows from it.
 *
 * A relation names the types of its subjects; `user:*` is everybody who signed in. A permission is an expression of relations and
 * permissions of the same object, read from left to right: `+` one or the other, `-` but not, `relation->permission` the permission
 * on what the relation leads to.
 *
 * There is one platform and everything is on it: relations to it are implied and never stored.
 */
export const schema: Readonly<Record<ObjectType, TypeSchema>> = {
  user: { relations: {}, permissions: {} },

  anonymous_user: { relations: {}, permissions: {} },

  platform: {
    relations: { admin: 'user', project_creator: 'user:*', group_creator: 'user:*' },
    permissions: {
      is_admin: 'admin',
      create_projects: 'is_admin + project_creator',
      create_groups: 'is_admin + group_creator',
    },
  },

  group: {
    relations: {
      group_platform: 'platform',
      owner: 'user',
      editor: 'user',
      viewer: 'user',
      public_viewer: everyone,
    },
    permissions: {
      delete: 'owner + group_platform->is_admin',
      change_membership: 'delete',
      write: 'editor + delete',
      read_children: 'viewer + write',
      read: 'public_viewer + read_children',
      non_public_read: 'owner + editor + viewer - public_viewer',
      exclusive_owner: 'owner',
      exclusive_editor: 'editor',
      exclusive_member: 'owner + editor + viewer',
      direct_member: 'owner + editor + viewer',
    },
  },

  user_namespace: {
    relations: { user_namespace_platform: 'platform', owner: 'user', public_viewer: everyone },
    permissions: {
      delete: 'owner + user_namespace_platform->is_admin',
      write: 'delete',
      read_children: 'delete',
      read: 'public_viewer + read_children',
      non_public_read: 'owner - public_viewer',
      exclusive_owner: 'owner',
      exclusive_member: 'owner',
      direct_member: 'owner',
    },
  },

  project: {
    relations: {
      project_platform: 'platform',
      project_namespace: 'user_namespace | group',
      owner: 'user',
      editor: 'user',
      viewer: 'user',
      public_viewer: everyone,
    },
    permissions: {
      delete: 'owner + project_platform->is_admin + project_namespace->delete',
      change_membership: 'delete',
      write: 'editor + delete',
      read_children: 'viewer + write + project_namespace->read_children',
      read: 'public_viewer + read_children',
      non_public_read: 'owner + editor + viewer + project_namespace->read_children - public_viewer',
      exclusive_owner: 'owner + project_namespace->exclusive_owner',
      exclusive_editor: 'editor',
      exclusive_member: 'owner + editor + viewer + project_namespace->exclusive_member',
      direct_member: 'owner + editor + viewer',
    },
  },

  data_connector: {
    relations: {
      data_connector_platform: 'platform',
      data_connector_namespace: 'user_namespace | group | project',
      // Grants nothing: who reads a project does not read what is linked to it.
      linked_to: 'project',
      owner: 'user',
      editor: 'user',
      viewer: 'user',
      public_viewer: everyone,
    },
    permissions: {
      delete: 'owner + data_connector_platform->is_admin + data_connector_namespace->delete',
      change_membership: 'delete',
      write: 'editor + delete',
      read: 'public_viewer + viewer + write + data_connector_namespace->read_children',
      non_public_read: 'owner + editor + viewer + data_connector_namespace->read_children - public_viewer',
      exclusive_owner: 'owner + data_connector_namespace->exclusive_owner',
      exclusive_editor: 'editor',
      exclusive_member: 'owner + editor + viewer + data_connector_namespace->exclusive_member',
      direct_member: 'owner + editor + viewer',
    },
  },

  resource_pool: {
    relations: {
      resource_pool_platform: 'platform',
      viewer: 'user',
      group_viewer: 'group',
      project_viewer: 'project',
      prohibited: 'user',
      public_viewer: everyone,
    },
    permissions: {
      read: '(viewer + group_viewer->direct_member + project_viewer->direct_member + public_viewer - prohibited) + resource_pool_platform->is_admin',
      write: 'resource_pool_platform->is_admin',
    },
  },
}

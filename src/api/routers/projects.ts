import { createProjectInput, projectListInput, projectRef, updateProjectInput } from '../projects/inputs.js';
import { createProject, listProjects, readProject, updateProject } from '../projects/projects.js';
import { projectPage, projectView } from '../projects/views.js';
import { procedure, router } from '../trpc.js';

export const projectsRouter = router({
  list: procedure
    .meta({ summary: 'The projects the caller has a role in, by name.', rest: { method: 'GET', path: '/projects' } })
    .input(projectListInput)
    .output(projectPage)
    .query(({ ctx, input }) => listProjects(ctx, input)),

  get: procedure
    .meta({ summary: 'A project, and what the caller is in it.', rest: { method: 'GET', path: '/projects/{project}' } })
    .input(projectRef)
    .output(projectView)
    .query(({ ctx, input }) => readProject(ctx, input)),

  create: procedure
    .meta({ summary: 'Create a project.', rest: { method: 'POST', path: '/projects', status: 201 } })
    .input(createProjectInput)
    .output(projectView)
    .mutation(({ ctx, input }) => createProject(ctx, input)),

  update: procedure
    .meta({ summary: 'Change what a project may use.', rest: { method: 'PATCH', path: '/projects/{project}' } })
    .input(updateProjectInput)
    .output(projectView)
    .mutation(({ ctx, input }) => updateProject(ctx, input)),
});

import { type Config, publicUrlOf } from '../config.ts'
import { type Recipe, recipes, workflowSecret } from '../sync/recipes.ts'
import { meantConnections, withConfiguring } from './with-configuring.ts'

/** The CloudTalk Workflow Automations of each connection of the environment. */
export const recipesOf = (config: Config, publicUrl = publicUrlOf(config)): Recipe[] =>
  config.connections.flatMap(({ id, accounts }) =>
    recipes(id, publicUrl, workflowSecret(id, accounts.cloudtalk.accessKeySecret)),
  )

/** The same of all that the service runs. @param named the only one that is meant. @throws {ConfigError} where there is none. */
export const allRecipes = (
  env: Record<string, string | undefined>,
  named: string | undefined,
): Promise<Recipe[]> =>
  withConfiguring(env, async (desk) => {
    const { connections } = await meantConnections(desk, named)
    const complete = connections.filter(
      ({ id, kustomer, cloudtalk, problem }) =>
        id === named || (kustomer && cloudtalk && problem === undefined),
    )
    return (await Promise.all(complete.map(({ id }) => desk.recipes(id)))).flat()
  })

/** The same, for a person who sets them up in the dashboard. */
export function recipesAsText(list: readonly Recipe[]): string {
  const steps = list.map((recipe) =>
    [
      `${recipe.name}`,
      `  Trigger   ${recipe.trigger.object} ${recipe.trigger.action}`,
      `  Action    API Request, ${recipe.method} ${recipe.url}`,
      ...Object.entries(recipe.headers).map(([key, value]) => `  Header    ${key}: ${value}`),
      ...recipe.values.map(({ key, value, format }) => `  Value     ${key} = ${value}  (${format})`),
    ].join('\n'),
  )
  return [
    'In CloudTalk, open Account > Workflow Automations and make one workflow for each of these:',
    ...steps,
    'The header is a secret: whoever has it can tell this service that a call ended.',
  ].join('\n\n')
}

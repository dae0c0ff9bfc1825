import { type Config, ConfigError, NO_CONNECTION, publicUrlOf } from '../config.ts'
import { type Recipe, recipes, workflowSecret } from '../sync/recipes.ts'
import { withConfiguring } from './with-configuring.ts'

/** The CloudTalk Workflow Automations of each connection. */
export const recipesOf = (config: Config, publicUrl = publicUrlOf(config)): Recipe[] =>
  config.connections.flatMap(({ id, accounts }) =>
    recipes(id, publicUrl, workflowSecret(id, accounts.cloudtalk.accessKeySecret)),
  )

/** Those of connections that were set up in the console. @throws {ConfigError} where there is none. */
export const storedRecipes = (env: Record<string, string | undefined>): Promise<Recipe[]> =>
  withConfiguring(env, async (desk) => {
    const connections = await desk.connections()
    if (connections.length === 0) throw new ConfigError([NO_CONNECTION])
    const complete = connections.filter(({ kustomer, cloudtalk }) => kustomer && cloudtalk)
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

import type { PropsWithChildren } from 'hono/jsx'

interface StepProps {
  number: number
  title: string
  state: { done: boolean; text: string }
}

/** A step of the set-up, which says by itself whether it is done. */
export const Step = ({ number, title, state, children }: PropsWithChildren<StepProps>) => (
  <section aria-labelledby={`step-${number}`}>
    <h2 id={`step-${number}`}>
      {number}. {title} <Light {...state} />
    </h2>
    {children}
  </section>
)

export const Light = ({ done, text }: StepProps['state']) => (
  <span class={`badge ${done ? 'good' : 'busy'}`}>
    <span aria-hidden="true">{done ? '✓ ' : '○ '}</span>
    {text}
  </span>
)

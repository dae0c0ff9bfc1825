/** Shows times in the reader's zone, and has the live part of a page loaded anew when something has happened. */

const whole = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })

function localTimes(root) {
  for (const time of root.querySelectorAll('time[datetime]')) {
    const text = whole.format(new Date(time.dateTime))
    if ('ago' in time.dataset) time.title = text
    else time.textContent = text
  }
}

function listen() {
  const live = document.querySelector('[data-live]')
  if (!live) return
  const events = new EventSource(live.dataset.live)
  events.addEventListener('changed', () => {
    // Nobody's typing or reading position is taken away.
    const busy = document.activeElement?.closest('#live form, #live details[open]')
    if (!busy) document.getElementById('live')?.dispatchEvent(new Event('news'))
  })
  addEventListener('pagehide', () => events.close())
}

localTimes(document)
listen()
document.addEventListener('htmx:after:swap', () => localTimes(document))
document.addEventListener('submit', (event) => {
  const { name, value } = event.submitter ?? {}
  if (name !== 'asks') return
  if (!confirm(value)) return event.preventDefault()
  const answer = ({ formData }) => formData.set('confirmed', 'yes')
  event.target.addEventListener('formdata', answer, { once: true })
})

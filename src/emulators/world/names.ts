const FIRST = (
  'Anna Ben Chloé Dávid Elena Finn Grace Håkon Iris Jonas Klára Liam Mia Noah Oľga Pavel Quinn Rosa ' +
  'Søren Tomáš Uma Viktor Wendy Ximena Yusuf Zoë Amélie Bruno Carla Dmitri Esther Felix Giulia Hugo ' +
  'Ines Jürgen Kateřina Luca Marek Nadia Oscar Petra Renée Štefan Tara Ursula Wojciech'
).split(' ')

const LAST = (
  'Adams Bianchi Čapek Dubois Evans Fischer García Horváth Ivanov Jensen Kováč Lindqvist Müller Novák ' +
  'O’Brien Pereira Quist Rossi Schmidt Taylor Ueda Varga Walker Xu Young Zieliński Andersson Brown ' +
  'Costa Dvořák Eriksen Ferrari Gómez Hughes Ito Janssen Keller Laurent Moretti Nagy Olsen Patel Reyes ' +
  'Silva Tanaka Urban Vogel Weber Yılmaz Zhang Ahmed Becker Christensen'
).split(' ')

const COUNT = FIRST.length * LAST.length

/** Shares no factor with the number of pairs, so neighbours have nothing in common and no pair repeats. */
const STRIDE = 1_009

/** The n-th name of a world: different for every n, also after folding case and accents. */
export const nameOf = (n: number): string => {
  const pair = (n * STRIDE) % COUNT
  const lap = Math.floor(n / COUNT)
  const name = `${FIRST[pair % FIRST.length]} ${LAST[Math.floor(pair / FIRST.length)]}`
  return lap === 0 ? name : `${name} ${secondSurname(lap)}`
}

const secondSurname = (lap: number): string => {
  const own = LAST[(lap - 1) % LAST.length] ?? ''
  const more = Math.floor((lap - 1) / LAST.length)
  return more === 0 ? own : `${own} ${secondSurname(more)}`
}

/** An ASCII mail name for the n-th name; the number keeps it unique. */
export const mailboxOf = (name: string, n: number): string =>
  `${name
    .normalize('NFD')
    .replace(/[^A-Za-z ]/g, '')
    .toLowerCase()
    .trim()
    .replaceAll(/ +/g, '.')}.${n}`

// Events of adapter-node, which its own types leave out.
declare namespace NodeJS {
  interface ProcessEventMap {
    'sveltekit:shutdown': [reason: string];
  }
}

// Nothing on these pages needs a script, so that they come with none and without the data that one would need.
export const csr = false;

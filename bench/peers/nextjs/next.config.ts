import type { NextConfig } from 'next';

const config: NextConfig = {
  poweredByHeader: false,
  // Here and nowhere above: without it, Next.js goes by whatever lock file it finds further up.
  turbopack: { root: import.meta.dirname },
};

export default config;

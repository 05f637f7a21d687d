"""The channel over HTTP: pages, feeds, media, health; thin faces; imports bootstrap and below."""

// The same loop inside workerd. Its clock stands still while code runs, so the time is measured outside.

import contender from "contender";
import { looped } from "./loop.mjs";

let loop;

export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    loop ??= looped(contender);
    if (pathname === "/about") return Response.json({ name: contender.name, takes: contender.takes, isOurs: contender.isOurs === true });
    if (pathname === "/sample") return Response.json(await loop.sample());
    const sink = await loop.posts(searchParams.get("kind"), Number(searchParams.get("count")));
    await loop.reset();
    return new Response(String(sink));
  },
};

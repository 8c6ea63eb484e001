import jsonServer from "json-server";

export default {
  name: "json-server",
  note: "does less: stores any JSON, checks neither token nor body, gives no envelope; here it keeps its data in memory",
  listen: () =>
    new Promise((resolve) => {
      const app = jsonServer.create();
      app.use((request, _response, next) => {
        request.url = request.url.includes("?") ? "/agent?_page=1&_limit=50" : request.url.slice("/api/v1".length);
        next();
      });
      app.use(jsonServer.bodyParser);
      app.use(jsonServer.router({ agent: [] }));
      const server = app.listen(0, "127.0.0.1", () => resolve(server.address().port));
    }),
};

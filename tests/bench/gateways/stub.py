"""The four subgraphs of the benchmark, at /accounts, /inventory, /products and /reviews.

Arguments: data, port, and what the type `User` is called.

The data never changes, so an answer is computed once for each body (by graphql-core) and then handed out: what is
measured is the gateway. Each request must carry an Authorization header. GET /counts tells how many requests came,
and with how many different credentials, since it was last asked.
"""

import asyncio
import json
import sys
from pathlib import Path

import httptools
import uvloop
from graphql import build_schema, execute_sync, parse

ENTITIES = """
    scalar _Any
    extend type Query { _entities(representations: [_Any!]!): [_Entity]! }
"""
SDL = {
    "accounts": """
        type Query { me: User user(id: ID!): User users: [User] }
        type User { id: ID! name: String username: String birthday: Int }
        union _Entity = User
    """,
    "inventory": """
        type Query { _: Boolean }
        type Product { upc: String! weight: Int price: Int inStock: Boolean shippingEstimate: Int }
        union _Entity = Product
    """,
    "products": """
        type Query { topProducts(first: Int = 5): [Product] }
        type Product { upc: String! weight: Int price: Int name: String }
        union _Entity = Product
    """,
    "reviews": """
        type Query { _: Boolean }
        type Product { upc: String! reviews: [Review] }
        type Review { id: ID! body: String product: Product author: User }
        type User { id: ID! username: String reviews: [Review] }
        union _Entity = Product | Review | User
    """,
}


class Subgraphs:
    """Executes documents against the data."""

    def __init__(self, data, person):
        self.answers, self.credentials, self.requests = {}, set(), 0
        self.person = person
        self.schemas = {name: build_schema(sdl.replace("User", person) + ENTITIES) for name, sdl in SDL.items()}
        self.users = [{"__typename": person, **user} for user in data["USERS"]]
        self.products = [{"__typename": "Product", **product} for product in data["PRODUCTS"]]
        self.in_stock = {each["upc"]: each["in_stock"] for each in data["INVENTORY"]}
        author = {"__typename": person, "id": self.users[0]["id"], "username": self.users[0]["username"]}
        self.reviews = [
            {
                "__typename": "Review",
                "id": each["id"],
                "body": each["body"],
                "author": author,
                "product": {"__typename": "Product", "upc": each["product"]["upc"]},
            }
            for each in data["REVIEWS"]
        ]

    def resolve(self, source, info, **arguments):
        match info.field_name:
            case "users":
                return self.users
            case "me":
                return self.users[0]
            case "user":
                return next((user for user in self.users if user["id"] == arguments["id"]), None)
            case "topProducts":
                return self.products[: arguments["first"]]
            case "_entities":
                return [self.entity(info.schema, each) for each in arguments["representations"]]
            case "inStock":
                return self.in_stock.get(source["upc"])
            case "shippingEstimate":
                return 0 if source["price"] > 1000 else round(source["weight"] / 2)
            case "reviews" if source["__typename"] == self.person:
                return self.reviews[:2]
            case "reviews":
                return [each for each in self.reviews if each["product"]["upc"] == source["upc"]]
            case name:
                return source.get(name)

    def entity(self, schema, representation):
        if schema is self.schemas["accounts"]:
            return next((user for user in self.users if user["id"] == representation["id"]), None)
        if schema is self.schemas["products"]:
            return next((each for each in self.products if each["upc"] == representation["upc"]), None)
        if representation["__typename"] == "Review":
            return next((each for each in self.reviews if each["id"] == representation["id"]), None)
        return representation

    def answer(self, name, body):
        request = json.loads(body)
        result = execute_sync(
            self.schemas[name],
            parse(request["query"]),
            variable_values=request.get("variables"),
            operation_name=request.get("operationName"),
            field_resolver=self.resolve,
            type_resolver=lambda value, *_: value["__typename"],
        )
        return json.dumps(result.formatted).encode()


class Stub(asyncio.Protocol):
    """One connection."""

    def __init__(self, subgraphs):
        self.subgraphs = subgraphs

    def connection_made(self, transport):
        self.transport = transport
        self.parser = httptools.HttpRequestParser(self)

    def data_received(self, data):
        self.parser.feed_data(data)

    def on_message_begin(self):
        self.url, self.body, self.authorization = b"", b"", None

    def on_url(self, url):
        self.url += url

    def on_header(self, name, value):
        if name.lower() == b"authorization":
            self.authorization = value

    def on_body(self, body):
        self.body += body

    def on_message_complete(self):
        if self.url == b"/counts":
            status, answer = b"200 OK", json.dumps([self.subgraphs.requests, len(self.subgraphs.credentials)]).encode()
            self.subgraphs.requests = 0
            self.subgraphs.credentials.clear()
        elif self.authorization is None:
            status, answer = b"401 Unauthorized", b'{"errors":[{"message":"no credentials"}]}'
        else:
            self.subgraphs.requests += 1
            self.subgraphs.credentials.add(self.authorization)
            key = (self.url, self.body)
            answer = self.subgraphs.answers.get(key)
            if answer is None:
                answer = self.subgraphs.answers[key] = self.subgraphs.answer(self.url.decode().strip("/"), self.body)
            status = b"200 OK"
        head = b"HTTP/1.1 %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % (status, len(answer))
        self.transport.write(head + answer)


async def main(data, port, person):
    subgraphs = Subgraphs(json.loads(data), person)
    server = await asyncio.get_running_loop().create_server(lambda: Stub(subgraphs), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1]).read_text(), int(sys.argv[2]), sys.argv[3]))

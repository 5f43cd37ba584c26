using System.Diagnostics;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;
using RigKafka.Apis;

namespace RigKafka.Tests.Apis;

internal sealed class RouteTableTests
{
    private static readonly string[] Words = ["a", "b", "A", "", "{id}", "{id}"];
    private static readonly string[] Methods = ["GET", "POST"];

    [TestCase("/books/{id}", "/books/1", true)]
    [TestCase("/books/{id}", "/books/first.user", true)]
    [TestCase("/books/{id}", "/books/2f5c9d1e-8a44-4d9e-9a52-4d8a4d1d2a11", true)]
    [TestCase("/books/{id}", "/books/", false)]
    [TestCase("/books/{id}", "/books", false)]
    [TestCase("/books/{id}", "/books/1/", false)]
    [TestCase("/books/{id}", "/books/1/2", false)]
    [TestCase("/books/{id}", "/Books/1", false)]
    [TestCase("/books/", "/books/", true)]
    [TestCase("/books/", "/books", false)]
    [TestCase("/", "/", true)]
    [TestCase("/a.b", "/a.b", true)]
    [TestCase("/a.b", "/axb", false)]
    [TestCase("/{a}/x/{b-1}", "/1/x/2", true)]
    [TestCase("/caf%C3%A9", "/café", true)]
    [TestCase("/café", "/café", true)]
    public void Find_TakesParametersAsOneSegment_AndLiteralsExactly(string template, string path, bool expected)
        => Assert.That(new RouteTable([Route(0, "GET", template)]).Find("GET", path), expected ? Is.Not.Null : Is.Null);

    [TestCase("GET", true)]
    [TestCase("get", false)]
    [TestCase("POST", false)]
    public void Find_TakesTheMethodExactly(string method, bool expected)
        => Assert.That(new RouteTable([Route(0, "GET", "/x")]).Find(method, "/x"), expected ? Is.Not.Null : Is.Null);

    [Test]
    public void Find_TakesTheFirstInOrder_LiteralOrNot()
    {
        var open = new RouteTable([Route(0, "GET", "/x/{id}"), Route(1, "GET", "/x/y"), Route(2, "GET", "/x/y")]);
        var literal = new RouteTable([Route(0, "GET", "/x/y"), Route(1, "GET", "/x/{id}")]);
        Assert.That(open.Find("GET", "/x/y")!.Order, Is.Zero);
        Assert.That(literal.Find("GET", "/x/y")!.Order, Is.Zero);
        Assert.That(literal.Find("GET", "/x/z")!.Order, Is.EqualTo(1));
    }

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public Property Find_AgreesWithTryingOneRouteAfterTheOther()
    {
        var path = Gen.Elements(Words).NonEmptyListOf().Where(words => words.Count <= 4).Select(words => "/" + string.Join('/', words));
        var route = Gen.Elements(Methods).Zip(path);
        return Prop.ForAll(route.ListOf().ToArbitrary(), Gen.Elements(Methods).Zip(path).ToArbitrary(), (routes, asked) =>
        {
            var all = routes.Select((one, order) => Route(order, one.Item1, one.Item2)).ToList();
            var requested = asked.Item2.Replace("{id}", "z", StringComparison.Ordinal);
            return new RouteTable(all).Find(asked.Item1, requested)?.Order == all.FirstOrDefault(one => one.Endpoint.Method == asked.Item1
                && Matches(one.Endpoint.Path.Text, requested))?.Order;
        });
    }

    [Test]
    public void Find_AmongTenThousandRoutes_IsAsFastAsAmongTen()
    {
        var few = Time(10);
        var many = Time(10_000);
        // Ten times would already be far from a thousand times; the rest is for a busy machine.
        Assert.That(many, Is.LessThan(few * 10));

        static double Time(int count)
        {
            var table = new RouteTable(Enumerable.Range(0, count).Select(i => Route(i, "GET", $"/service-{i % 100}/{{id}}/call-{i / 100}")));
            var last = $"/service-{(count - 1) % 100}/x/call-{(count - 1) / 100}";
            var best = double.MaxValue;
            for (var round = 0; round < 20; round++)
            {
                var started = Stopwatch.GetTimestamp();
                for (var i = 0; i < 2000; i++)
                {
                    Assert.That(table.Find("GET", last) is not null);
                }

                best = Math.Min(best, Stopwatch.GetElapsedTime(started).TotalMicroseconds);
            }

            return best;
        }
    }

    private static bool Matches(string template, string path)
    {
        var (expected, given) = (template.Split('/'), path.Split('/'));
        return expected.Length == given.Length
            && expected.Zip(given).All(pair => pair.First == "{id}" ? pair.Second.Length > 0 : pair.First == pair.Second);
    }

    private static ApiRoute Route(int order, string method, string template)
    {
        var endpoint = new EndpointDefinition { Id = "", Path = PathTemplate.TryParse(template)!, Method = method, NotSecured = true };
        var definition = new ApiDefinition { Id = "a", Endpoints = [endpoint], Target = new ApiTarget(false, "h", 1, false) };
        return new ApiRoute(order, definition, endpoint, null);
    }
}

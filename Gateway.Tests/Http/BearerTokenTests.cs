using Microsoft.AspNetCore.Http;
using NUnit.Framework;
using RigKafka.Http;

namespace RigKafka.Tests.Http;

internal sealed class BearerTokenTests
{
    [TestCase("", null, null)]
    [TestCase("?users[]=alice", null, null)]
    [TestCase("?token=a.b.c", null, "a.b.c")]
    [TestCase("?token=first&token=last", null, "last")]
    [TestCase("?token=query", "Bearer header", "query")]
    [TestCase("?token=", "Bearer header", "")]
    [TestCase("?token", null, "")]
    [TestCase("", "a.b.c", "a.b.c")]
    [TestCase("", "Bearer a.b.c", "a.b.c")]
    [TestCase("", "bearer a.b.c", "a.b.c")]
    [TestCase("", "BEARER   a.b.c ", "a.b.c")]
    [TestCase("", "Bearer", "Bearer")]
    [TestCase("", "Basic YTpi", "Basic YTpi")]
    [TestCase("", " ", null)]
    public void Find_Request_GivesTheToken(string query, string? header, string? token)
    {
        var request = new DefaultHttpContext().Request;
        request.QueryString = new QueryString(query);
        request.Headers.Authorization = header;

        Assert.That(BearerToken.Find(request), Is.EqualTo(token));
    }

    [TestCase("Bearer a.b.c", "a.b.c")]
    [TestCase("bearer  a.b.c ", "a.b.c")]
    [TestCase(" Bearer a.b.c", null)]
    [TestCase("a.b.c", null)]
    [TestCase(null, null)]
    public void Of_Header_GivesTheTokenWhereItBeginsWithTheScheme(string? header, string? token) =>
        Assert.That(BearerToken.Of(header), Is.EqualTo(token));
}

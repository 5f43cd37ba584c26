using NUnit.Framework;
using RigKafka.Apis;

namespace RigKafka.Tests.Apis;

internal sealed class PathTemplateTests
{
    [TestCase("")]
    [TestCase("books")]
    [TestCase("/books/*")]
    [TestCase("/books?x=1")]
    [TestCase("/books#x")]
    [TestCase("/books/../x")]
    [TestCase("/books/%2e%2e/x")]
    [TestCase("/books/{id")]
    [TestCase("/books/x{id}")]
    [TestCase("/books/{}")]
    [TestCase("/books/{**rest}")]
    [TestCase("/books\\x")]
    [TestCase("/socket")]
    [TestCase("/socket/sse")]
    public void TryParse_OfWhatIsNoTemplate_IsNull(string text) => Assert.That(PathTemplate.TryParse(text), Is.Null);

    [TestCase("/sockets")]
    [TestCase("/a/socket")]
    public void TryParse_OutsideTheSocketPaths_IsATemplate(string text) => Assert.That(PathTemplate.TryParse(text), Is.Not.Null);
}

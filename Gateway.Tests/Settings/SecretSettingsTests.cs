using NUnit.Framework;

namespace RigKafka.Tests.Settings;

/// <summary>Settings that are secret, or hold something that is: how they are given, and that nobody is shown them.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class SecretSettingsTests : SettingsFixture
{
    [Test]
    public void Read_Secret_IsTakenAsItIsWritten()
    {
        Environment["T_SECRET"] = " sesame ";
        Assert.That(Read().Options.Secret, Is.EqualTo(" sesame "));
    }

    [Test]
    public void Read_SecretInAFile_IsWhatStandsThere_WithoutTheLineBreakAtItsEnd()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, " sesame \n");
        (Environment["T_SECRET_FILE"], Environment["T_KEY_FILE"]) = (file, file);
        var (options, settings) = Read();
        File.Delete(file);

        Assert.That((options.Secret, options.Key), Is.EqualTo((" sesame ", " sesame ")));
        Assert.That((Of(settings, "T_SECRET").Value, Of(settings, "T_SECRET").Description), Is.EqualTo(("(hidden)", " T_SECRET_FILE may name a file that has it instead.")));
        Assert.That((settings.Mistakes, settings.LineBreaks), Is.EqualTo((Array.Empty<string>(), Array.Empty<string>())));
    }

    [Test]
    public void Read_SecretInAFile_ThatIsNotThere_OrEmpty_OrGivenTwice_IsAMistake()
    {
        var empty = Path.GetTempFileName();
        (Environment["T_SECRET_FILE"], Environment["T_KEY_FILE"]) = (empty, "/no/such/file");
        (Environment["T_PIN"], Environment["T_PIN_FILE"]) = ("1234", empty);
        var mistakes = Read().Settings.Mistakes;
        File.Delete(empty);

        Assert.That(mistakes[0], Is.EqualTo($"T_SECRET_FILE={empty}: the file is empty, expected the secret in it."));
        Assert.That(mistakes[1], Is.EqualTo("T_KEY_FILE=(hidden): expected the name of a file that this process may read."));
        Assert.That(mistakes[2], Is.EqualTo("T_PIN_FILE=(hidden): T_PIN is set too, expected one of them."));
        Assert.That(mistakes, Has.Count.EqualTo(3));
    }

    [Test]
    public void Settings_Secrets_AreHidden()
    {
        Environment["T_SECRET"] = "sesame";
        Environment["T_PIN"] = "1234";
        var (options, settings) = Read();

        Assert.That((options.Secret, options.Pin), Is.EqualTo(("sesame", 1234)));
        Assert.That(string.Join('\n', settings.Settings), Does.Not.Contain("sesame").And.Not.Contain("1234"));
    }

    [TestCase("https://user:se/s@me@issuer.example/keys", "https://(hidden)@issuer.example/keys")]
    [TestCase("https://sesame@issuer.example", "https://(hidden)@issuer.example")]
    [TestCase("https://issuer.example/keys?code=sesame&x=1", "https://issuer.example/keys?(hidden)")]
    [TestCase("user:sesame@collector:4317", "(hidden)@collector:4317")]
    [TestCase("""[{"add_headers":{"authorization":"sesame"}}]""", "(hidden)")]
    [TestCase("""[ {'key':'sesame'} ]""", "(hidden)")]
    [TestCase("""{"key":"sesame"}""", "(hidden)")]
    [TestCase("definitions/apis.json", "definitions/apis.json")]
    [TestCase("http://collector:4317", "http://collector:4317")]
    [TestCase("client@REALM", "client@REALM")]
    [TestCase("[::1]:9092", "[::1]:9092")]
    public void Settings_ShowNoPasswordOfAUrl_AndNoJson(string value, string shown)
    {
        Environment["T_TEXT"] = value;
        var (options, settings) = Read();
        Assert.That(options.Text, Is.EqualTo(value));
        Assert.That(Of(settings, "T_TEXT").Value, Is.EqualTo(shown));

        Environment["T_CHOICE"] = value;
        settings = Read().Settings;
        settings.Refuse($"T_FEATURE={value}: expected something else.");
        Assert.That(settings.Mistakes[0], Is.EqualTo($"T_CHOICE={shown}: expected one of red, green."));
        Assert.That(settings.Mistakes[1], value.Contains('@', StringComparison.Ordinal) || value.Contains("://", StringComparison.Ordinal) ? Is.EqualTo($"T_FEATURE={shown}: expected something else.") : Is.Not.Empty);
    }

    [TestCase("sesame\n", "sesame")]
    [TestCase("sesame\r\n", "sesame")]
    [TestCase(" sesame \n\n", " sesame ")]
    public void Read_LineBreakAtTheEndOfASecret_IsTakenOff_AndNoted(string text, string value)
    {
        (Environment["T_SECRET"], Environment["T_KEY"]) = (text, text);
        var (options, settings) = Read();
        Assert.That((options.Secret, options.Key), Is.EqualTo((value, text)));
        Assert.That(settings.LineBreaks, Is.EqualTo(["T_SECRET", "T_KEY"]));
    }

    [TestCase("sesame")]
    [TestCase("-----BEGIN KEY-----\nabc\n")]
    [TestCase("\n")]
    [TestCase("")]
    public void Read_OtherSecret_StaysAsItIs(string text)
    {
        Environment["T_SECRET"] = text;
        var (options, settings) = Read();
        Assert.That(options.Secret, Is.EqualTo(text));
        Assert.That(settings.LineBreaks, Is.Empty);
    }
}

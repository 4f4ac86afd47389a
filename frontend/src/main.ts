import { mount } from "svelte";
import "./ui/tokens.css";
import App from "./views/App.svelte";

const target = document.getElementById("app");
if (target !== null) mount(App, { target });
